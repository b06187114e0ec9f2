package org.example.helpdesk.store;

public record Ticket(long id, String title, String body, String owner, String agent, String state) {}
