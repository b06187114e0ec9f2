defmodule NotesWeb.Plugs.Theme do
  @moduledoc "Sends the style sheet a visitor chose."

  import Plug.Conn

  def init(options), do: options

  def call(conn, options) do
    conn = fetch_cookies(conn)
    theme = conn.cookies["theme"] || options[:default]

    # ruleid: elixir-path-traversal
    case File.read("/srv/notes/themes/" <> theme <> ".css") do
      {:ok, css} ->
        send_resp(conn, 200, css)

      {:error, _} ->
        # ok: elixir-path-traversal
        send_resp(conn, 200, File.read!("/srv/notes/themes/" <> options[:default] <> ".css"))
    end
  end
end
