//! What the examples show.

use harness::Program;

/// [SH-09] Of twelve bytes that are two frames, an end is one at three places.
#[test]
fn a_stream_of_frames_is_whole_only_where_a_frame_ends() {
    let shown = Program::example("cut_anywhere").run().well().stdout;
    let clean = shown.lines().filter(|line| line.ends_with("end of file"));
    let clean: Vec<_> = clean.map(str::trim).collect();
    let whole = [
        "after  0  end of file",
        "after  8  \"ping\", end of file",
        "after 12  \"ping\", \"\", end of file",
    ];
    assert_eq!(clean, whole);
    assert_eq!(shown.matches("torn: ").count(), 10);
}
