package org.example.helpdesk.web;

import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import org.apache.commons.io.FilenameUtils;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
public class AttachmentController {
  private static final String FOLDER = "/srv/helpdesk/attachments";

  @GetMapping("/attachments/{id}/{name}")
  public byte[] download(@PathVariable long id, @PathVariable String name) throws IOException {
    // ruleid: java-path-traversal
    File file = new File(FOLDER + "/" + id, name);
    // ok: java-path-traversal
    File folder = new File(FOLDER, Long.toString(id));
    if (!folder.exists()) {
      return new byte[0];
    }
    // ruleid: java-path-traversal
    try (InputStream in = new FileInputStream(file)) {
      return in.readAllBytes();
    }
  }

  @PostMapping("/attachments")
  public String upload(@RequestParam("name") String name, @RequestBody byte[] content) throws IOException {
    String target = null;
    try {
      target = FOLDER + "/new/" + name;
      // ruleid: java-path-traversal
      try (FileOutputStream out = new FileOutputStream(target)) {
        out.write(content);
      }
    } finally {
      System.out.println("stored an attachment");
    }
    String base = FilenameUtils.getName(name);
    // ok: java-path-traversal
    File copy = new File(FOLDER + "/copies", base);
    return copy.getName();
  }

  @GetMapping("/logo")
  public byte[] logo(@RequestHeader("X-Customer") String customer) throws IOException {
    // ruleid: java-path-traversal
    Path path = Path.of("/srv/helpdesk/logos", customer + ".png");
    String known = customer.equals("acme") ? "acme" : "default";
    // ok: java-path-traversal
    Path fallback = Path.of("/srv/helpdesk/logos", known + ".png");
    return (path.toFile().exists() ? path : fallback).toString().getBytes();
  }
}
