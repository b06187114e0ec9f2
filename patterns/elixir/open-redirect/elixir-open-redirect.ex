defmodule LoginWeb.SessionController do
  use LoginWeb, :controller

  def create(conn, %{"return_to" => target}) do
    # ruleid: elixir-open-redirect
    redirect(conn, external: target)
  end

  def back(conn, _params) do
    referer = conn |> get_req_header("referer") |> List.first()
    # ruleid: elixir-open-redirect
    conn |> redirect(external: referer)
  end

  def leave(conn, params) do
    conn
    # ruleid: elixir-open-redirect
    |> put_resp_header("location", params["to"])
    |> send_resp(302, "")
  end

  def safe(conn, %{"return_to" => target}) do
    # ok: elixir-open-redirect
    redirect(conn, to: target)
    page = if target == "settings", do: "https://example.org/settings", else: "https://example.org/"
    # ok: elixir-open-redirect
    redirect(conn, external: page)
    # ok: elixir-open-redirect
    redirect(conn, external: "https://login.example.org/")
  end
end
