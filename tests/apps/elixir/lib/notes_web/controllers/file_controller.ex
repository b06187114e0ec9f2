defmodule NotesWeb.FileController do
  use NotesWeb, :controller

  @folder "/srv/notes/files"

  def show(conn, %{"name" => name}) do
    path = @folder |> Path.join(name) |> Path.expand()
    # ruleid: elixir-path-traversal
    send_file(conn, 200, path)
  end

  def download(conn, %{"name" => name}) do
    base = Path.basename(name)
    # ok: elixir-path-traversal
    send_file(conn, 200, Path.join(@folder, base))
  end

  def upload(conn, %{"file" => upload, "name" => name}) do
    try do
      # ruleid: elixir-path-traversal
      File.cp!(upload.path, Path.join(@folder, upload.filename))
    rescue
      # ruleid: elixir-path-traversal
      e in File.CopyError -> File.write!("#{@folder}/#{name}.error", e.reason)
    end

    text(conn, "stored")
  end

  def thumbnail(conn, %{"id" => id, "size" => size}) do
    number = String.to_integer(id)
    # ok: elixir-path-traversal
    {:ok, _} = File.stat("#{@folder}/#{number}.png")
    # ok: elixir-command-injection
    System.cmd("convert", ["#{number}.png", "-resize", size, "thumb.png"])
    # ruleid: elixir-command-injection
    {_, 0} = System.shell("convert #{number}.png -resize #{size} thumb.png")
    text(conn, "done")
  end

  def disk(conn, %{"unit" => unit}) do
    flag = if unit == "human", do: "-h", else: "-k"
    # ok: elixir-command-injection
    {output, 0} = System.shell("df " <> flag)
    text(conn, output)
  end
end
