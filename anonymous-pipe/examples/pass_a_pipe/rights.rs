//! A descriptor that travels: `SCM_RIGHTS` in unix(7), beside a byte, in a
//! control message as cmsg(3) draws it. What arrives is not the number: the
//! kernel gives the other process a number of its own for the same open file
//! description.

use std::mem::{self, MaybeUninit};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::libc;

/// A control message with room for one descriptor, laid out as C has it.
#[repr(C)]
struct Beside {
    header: libc::cmsghdr,
    fd: RawFd,
}

/// Sends one descriptor, and a byte: without one it would not go.
pub(crate) fn send(
    socket: BorrowedFd<'_>,
    fd: BorrowedFd<'_>,
) -> nix::Result<()> {
    let mut beside = Beside { header: header(), fd: fd.as_raw_fd() };
    let mut byte = 0_u8;
    let mut bytes = one(&mut byte);
    let message = message(&mut bytes, &mut beside);
    let socket = socket.as_raw_fd();
    // SAFETY: the message points to a byte and to a control message, and both
    // live on until the call returns.
    Errno::result(unsafe { libc::sendmsg(socket, &raw const message, 0) })?;
    Ok(())
}

/// Receives one descriptor; none if something else has come, or the end.
pub(crate) fn receive(socket: BorrowedFd<'_>) -> nix::Result<Option<OwnedFd>> {
    let mut beside = Beside { header: header(), fd: -1 };
    let mut byte = 0_u8;
    let mut bytes = one(&mut byte);
    let mut message = message(&mut bytes, &mut beside);
    let socket = socket.as_raw_fd();
    // SAFETY: the kernel fills a byte and a control message, and both live on
    // until the call returns.
    Errno::result(unsafe { libc::recvmsg(socket, &raw mut message, 0) })?;
    // Only SCM_RIGHTS can have put a number there.
    if beside.fd < 0 {
        return Ok(None);
    }
    // SAFETY: the kernel has just made this descriptor for us.
    Ok(Some(unsafe { OwnedFd::from_raw_fd(beside.fd) }))
}

fn one(byte: &mut u8) -> libc::iovec {
    libc::iovec { iov_base: (&raw mut *byte).cast(), iov_len: 1 }
}

#[cfg_attr(
    not(target_os = "linux"),
    expect(clippy::cast_possible_truncation, reason = "a few bytes")
)]
fn header() -> libc::cmsghdr {
    // SAFETY: these are numbers, and 0 is one.
    let mut header: libc::cmsghdr =
        unsafe { MaybeUninit::zeroed().assume_init() };
    header.cmsg_len = (mem::offset_of!(Beside, fd) + size_of::<RawFd>()) as _;
    header.cmsg_level = libc::SOL_SOCKET;
    header.cmsg_type = libc::SCM_RIGHTS;
    header
}

#[cfg_attr(
    not(target_os = "linux"),
    expect(clippy::cast_possible_truncation, reason = "a few bytes")
)]
fn message(bytes: &mut libc::iovec, beside: &mut Beside) -> libc::msghdr {
    // SAFETY: these are numbers and pointers, and each may be 0.
    let mut message: libc::msghdr =
        unsafe { MaybeUninit::zeroed().assume_init() };
    message.msg_iov = bytes;
    message.msg_iovlen = 1;
    message.msg_control = (&raw mut *beside).cast();
    message.msg_controllen = size_of::<Beside>() as _;
    message
}
