defmodule LinksWeb.PreviewController do
  use LinksWeb, :controller

  def show(conn, %{"url" => url}) do
    # ruleid: elixir-ssrf
    {:ok, response} = HTTPoison.get(url)
    text(conn, response.body)
  end

  def fetch(conn, params) do
    address = "http://" <> params["host"] <> "/status"
    # ruleid: elixir-ssrf
    response = Req.get!(address)
    # ruleid: elixir-ssrf
    request = Finch.build(:get, address)
    # ruleid: elixir-ssrf
    :httpc.request(String.to_charlist(address))
    json(conn, %{status: response.status, request: request})
  end

  def safe(conn, %{"city" => city, "id" => id}) do
    # ok: elixir-ssrf
    Req.get!("https://weather.example.org/v1?city=" <> URI.encode_www_form(city))
    # ok: elixir-ssrf
    HTTPoison.get("https://stock.example.org/#{String.to_integer(id)}")
    # ok: elixir-ssrf
    HTTPoison.post("https://log.example.org/", city)
    # ok: elixir-ssrf
    city = Map.get(%{}, city)
    text(conn, city)
  end
end
