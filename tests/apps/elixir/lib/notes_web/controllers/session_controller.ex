defmodule NotesWeb.SessionController do
  use NotesWeb, :controller

  @partners %{"blog" => "https://blog.example.org/", "help" => "https://help.example.org/"}

  def create(conn, params) do
    target = params["return_to"] || "https://notes.example.org/"

    if String.contains?(target, "://") do
      # ruleid: elixir-open-redirect
      redirect(conn, external: target)
    else
      # ok: elixir-open-redirect
      redirect(conn, to: target)
    end
  end

  def partner(conn, %{"name" => name}) do
    address = if Map.has_key?(@partners, name), do: "https://blog.example.org/", else: "https://help.example.org/"
    # ok: elixir-open-redirect
    redirect(conn, external: address)
  end

  def restore(conn, _params) do
    with state when is_binary(state) <- conn.cookies["drafts"],
         {:ok, binary} <- Base.url_decode64(state) do
      # ruleid: elixir-unsafe-deserialization
      drafts = :erlang.binary_to_term(binary)
      json(conn, drafts)
    else
      _ -> json(conn, [])
    end
  end

  def restore_safely(conn, _params) do
    binary = Base.url_decode64!(conn.cookies["drafts"])
    # ok: elixir-unsafe-deserialization
    json(conn, Plug.Crypto.non_executable_binary_to_term(binary, [:safe]))
  end
end
