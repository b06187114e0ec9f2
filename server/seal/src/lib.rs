//! Keys and sealed frames. No socket is in sight: bytes in, bytes out.
