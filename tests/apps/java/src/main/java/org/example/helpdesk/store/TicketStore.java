package org.example.helpdesk.store;

import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.JdbcTemplate;

public class TicketStore {
  private final JdbcTemplate jdbc;

  public TicketStore(JdbcTemplate jdbc) {
    this.jdbc = jdbc;
  }

  /** Callers bring the owner from a cookie: the hole is theirs and ours. */
  public List<Map<String, Object>> countByOwner(String owner) {
    return jdbc.queryForList("select count(*) from tickets where owner = '" + owner + "'");
  }

  public List<Map<String, Object>> byState(String state) {
    // ok: java-sql-injection
    return jdbc.queryForList("select * from tickets where state = ?", state);
  }
}
