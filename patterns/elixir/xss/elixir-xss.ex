defmodule PagesWeb.GreetingController do
  use PagesWeb, :controller

  def hello(conn, %{"name" => name}) do
    # ruleid: elixir-xss
    html(conn, "<h1>Hello #{name}</h1>")
  end

  def preview(conn, params) do
    body = params["body"]
    # ruleid: elixir-xss
    render(conn, :preview, body: raw(body))
  end

  def safe(conn, %{"name" => name, "page" => page}) do
    escaped = Plug.HTML.html_escape(name)
    # ok: elixir-xss
    html(conn, "<h1>Hello #{escaped}</h1>")
    # ok: elixir-xss
    render(conn, :hello, name: name)
    # ok: elixir-xss
    html(conn, "<p>Page #{String.to_integer(page)}</p>")
    # ok: elixir-xss
    text(conn, name)
  end
end

defmodule PagesWeb.StatusPlug do
  import Plug.Conn

  def init(options), do: options

  def call(conn, options) do
    conn = fetch_query_params(conn)
    message = conn.query_params["message"]

    conn
    |> put_resp_content_type("text/plain")
    # ok: elixir-xss
    |> send_resp(200, message)

    conn
    |> put_resp_content_type("text/html")
    # ruleid: elixir-xss
    |> send_resp(200, "<p>" <> message <> "</p>")
  end
end
