defmodule LinksWeb.PreviewController do
  use LinksWeb, :controller

  def show(conn, %{"url" => url}) do
    # ruleid: elixir-server-side-request-forgery
    {:ok, response} = HTTPoison.get(url)
    text(conn, response.body)
  end

  def fetch(conn, params) do
    address = "http://" <> params["host"] <> "/status"
    # ruleid: elixir-server-side-request-forgery
    response = Req.get!(address)
    # ruleid: elixir-server-side-request-forgery
    request = Finch.build(:get, address)
    # ruleid: elixir-server-side-request-forgery
    :httpc.request(String.to_charlist(address))
    json(conn, %{status: response.status, request: request})
  end

  def safe(conn, %{"city" => city, "id" => id}) do
    # ok: elixir-server-side-request-forgery
    Req.get!("https://weather.example.org/v1?city=" <> URI.encode_www_form(city))
    # ok: elixir-server-side-request-forgery
    HTTPoison.get("https://stock.example.org/#{String.to_integer(id)}")
    # ok: elixir-server-side-request-forgery
    HTTPoison.post("https://log.example.org/", city)
    # ok: elixir-server-side-request-forgery
    city = Map.get(%{}, city)
    text(conn, city)
  end
end
