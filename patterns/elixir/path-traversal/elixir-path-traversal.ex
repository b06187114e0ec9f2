defmodule FilesWeb.DownloadController do
  use FilesWeb, :controller

  @folder "/srv/files"

  def show(conn, %{"name" => name}) do
    path = Path.join(@folder, name)
    # ruleid: elixir-path-traversal
    send_file(conn, 200, path)
  end

  def read(conn, params) do
    # ruleid: elixir-path-traversal
    content = File.read!(@folder <> "/" <> params["name"])
    text(conn, content)
  end

  def theme(conn, _params) do
    theme = conn.cookies["theme"] || "light"
    # ruleid: elixir-path-traversal
    case File.read("/srv/themes/#{theme}.css") do
      {:ok, css} -> text(conn, css)
      {:error, _} -> text(conn, "")
    end
  end

  def remove(conn, %{"name" => name}) do
    # ruleid: elixir-path-traversal
    Path.join(@folder, name) |> File.rm!()
    text(conn, "gone")
  end

  def safe(conn, %{"name" => name, "id" => id}) do
    # ok: elixir-path-traversal
    File.read!(Path.join(@folder, Path.basename(name)))

    number = String.to_integer(id)
    # ok: elixir-path-traversal
    File.read!("/srv/files/#{number}.txt")

    # ok: elixir-path-traversal
    send_file(conn, 200, "/srv/files/terms.txt")
  end
end
