#pragma once

namespace zoetrope::serving {

/// The process that makes the children which read files. `ChildDecoder` starts it and asks it through `socket`, a socket of packets: each
/// is a line with a DecodeTask and three descriptors: the open file, the end of a pipe for the answer, and of one that tells how the child
/// ended. It has loaded all that reading needs, so a child is there within milliseconds; it opens no file itself, and knows no secret. A
/// child whose asker has gone is ended. Returns when the other end of the socket is closed.
void run_decode_process(int socket);

}  // namespace zoetrope::serving
