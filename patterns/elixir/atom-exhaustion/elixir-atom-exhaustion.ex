defmodule SettingsWeb.SettingController do
  use SettingsWeb, :controller

  def update(conn, %{"key" => key, "value" => value}) do
    # ruleid: elixir-atom-exhaustion
    Settings.put(String.to_atom(key), value)
    text(conn, "saved")
  end

  def sort(conn, params) do
    field = params["sort"] || "name"
    # ruleid: elixir-atom-exhaustion
    render(conn, :index, sort: String.to_atom(field))
  end

  def safe(conn, %{"key" => key}) do
    # ok: elixir-atom-exhaustion
    Settings.get(String.to_existing_atom(key))
    # ok: elixir-atom-exhaustion
    Settings.get(String.to_atom("theme"))
    text(conn, "ok")
  end
end
