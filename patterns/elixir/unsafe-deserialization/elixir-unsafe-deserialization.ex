defmodule CartWeb.CartController do
  use CartWeb, :controller

  def restore(conn, %{"cart" => cart}) do
    binary = Base.decode64!(cart)
    # ruleid: elixir-unsafe-deserialization
    items = :erlang.binary_to_term(binary)
    json(conn, %{count: length(items)})
  end

  def import(conn, _params) do
    {:ok, body, conn} = read_body(conn)
    # ruleid: elixir-unsafe-deserialization
    items = :erlang.binary_to_term(body, [:safe])
    json(conn, %{count: length(items)})
  end

  def cookie(conn, _params) do
    # ruleid: elixir-unsafe-deserialization
    conn.cookies["state"] |> Base.url_decode64!() |> :erlang.binary_to_term()
  end

  def safe(conn, %{"cart" => cart}) do
    # ok: elixir-unsafe-deserialization
    items = Plug.Crypto.non_executable_binary_to_term(Base.decode64!(cart), [:safe])
    # ok: elixir-unsafe-deserialization
    catalog = :erlang.binary_to_term(File.read!("/srv/catalog.bin"))
    # ok: elixir-unsafe-deserialization
    json(conn, %{items: items, catalog: catalog, raw: Jason.decode!(cart)})
  end
end
