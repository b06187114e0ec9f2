defmodule NotesWeb.ImportController do
  use NotesWeb, :controller

  def preview(conn, %{"link" => link}) do
    address =
      cond do
        String.starts_with?(link, "http") -> link
        true -> "http://" <> link
      end

    # ruleid: elixir-ssrf
    response = Req.get!(address)
    text(conn, response.body)
  end

  def weather(conn, %{"city" => city}) do
    query = URI.encode_query(city: city)
    # ok: elixir-ssrf
    response = Req.get!("https://weather.example.org/today?" <> query)
    text(conn, response.body)
  end

  def archive(conn, _params) do
    {:ok, body, conn} = read_body(conn)
    # ruleid: elixir-unsafe-deserialization
    notes = body |> :erlang.binary_to_term([:safe])
    # ok: elixir-unsafe-deserialization
    more = Jason.decode!(body)
    json(conn, %{notes: length(notes), more: length(more)})
  end
end
