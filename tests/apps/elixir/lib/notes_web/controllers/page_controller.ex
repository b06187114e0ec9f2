defmodule NotesWeb.PageController do
  use NotesWeb, :controller

  alias Notes.{Note, Repo}

  def greet(conn, params) do
    name = Map.get(params, "name", "stranger")
    # ruleid: elixir-xss
    html(conn, "<h1>Welcome, " <> name <> "</h1>")
  end

  def share(conn, %{"id" => id, "footer" => footer}) do
    note = Repo.get!(Note, id)
    # ruleid: elixir-xss
    render(conn, :share, note: note, footer: Phoenix.HTML.raw(footer))
  end

  def footer(conn, %{"footer" => footer}) do
    safe = Plug.HTML.html_escape(footer)
    # ok: elixir-xss
    html(conn, "<footer>#{safe}</footer>")
  end

  def plain(conn, %{"footer" => footer}) do
    # ok: elixir-xss
    text(conn, footer)
  end

  def letter(conn, %{"template" => template, "to" => to}) do
    # ruleid: elixir-code-injection
    body = EEx.eval_string("Dear <%= to %>,\n" <> template, to: to)
    # ok: elixir-code-injection
    closing = EEx.eval_string("Yours, <%= to %>", to: to)
    text(conn, body <> closing)
  end
end
