package checks;

import java.security.MessageDigest;

class Checksums {
  private static final String ALGORITHM = "SHA-512";

  byte[] etag(byte[] content) throws Exception {
    // ruleid: java-weak-hash
    return MessageDigest.getInstance("SHA-256").digest(content);
  }

  byte[] signature(byte[] content) throws Exception {
    // ruleid: java-weak-hash
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    digest.update(content);
    return digest.digest();
  }

  byte[] strong(byte[] content) throws Exception {
    // ok: java-weak-hash
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    // ok: java-weak-hash
    MessageDigest other = MessageDigest.getInstance(ALGORITHM);
    return digest.digest(content);
  }
}
