package org.example.helpdesk.web;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
public class ExportController {
  @PostMapping("/export")
  public int export(@RequestParam("format") String format, @RequestParam("year") int year) throws Exception {
    List<String> command = new ArrayList<>();
    command.add("pandoc");
    command.add("tickets.md");
    // ok: java-command-injection
    new ProcessBuilder(command).start();

    String shell = "pandoc tickets.md -o export." + format;
    // ruleid: java-command-injection
    Process process = new ProcessBuilder("sh", "-c", shell).start();

    // ok: java-command-injection
    Runtime.getRuntime().exec("tar czf tickets-" + year + ".tgz tickets");
    return process.waitFor();
  }

  @PostMapping("/archive")
  public void archive(@RequestParam("tags") String[] tags) throws IOException {
    Runtime runtime = Runtime.getRuntime();
    for (String tag : tags) {
      // ruleid: java-command-injection
      runtime.exec("tar czf archive.tgz tickets/" + tag);
    }
    while (tags.length > 100) {
      // ok: java-command-injection
      runtime.exec(new String[] {"sync"});
      tags = new String[0];
    }
  }
}
