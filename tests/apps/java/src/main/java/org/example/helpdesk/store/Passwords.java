package org.example.helpdesk.store;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import javax.crypto.SecretKeyFactory;

public final class Passwords {
  private Passwords() {}

  public static String digest(String password) throws NoSuchAlgorithmException {
    // ruleid: java-weak-hash
    MessageDigest digest = MessageDigest.getInstance("SHA-1");
    return HexFormat.of().formatHex(digest.digest(password.getBytes(StandardCharsets.UTF_8)));
  }

  public static String etag(byte[] page) throws NoSuchAlgorithmException {
    // ok: java-weak-hash
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(page));
  }

  public static SecretKeyFactory slow() throws NoSuchAlgorithmException {
    // ok: java-weak-hash
    return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256");
  }
}
