defmodule NotesWeb.EditorLive do
  use NotesWeb, :live_view

  def mount(_params, _session, socket) do
    {:ok, assign(socket, result: nil)}
  end

  def handle_event("spell", %{"text" => text, "language" => language}, socket) do
    command = ["aspell", "--lang=" <> language, "list"] |> Enum.join(" ")
    # ruleid: elixir-command-injection
    port = Port.open({:spawn, command}, [:binary])
    Port.command(port, text)
    {:noreply, socket}
  end

  def handle_event("formula", %{"formula" => formula}, socket) do
    {result, _} =
      case formula do
        "" ->
          # ok: elixir-code-injection
          Code.eval_string("0")

        code ->
          # ruleid: elixir-code-injection
          Code.eval_string(code)
      end

    {:noreply, assign(socket, result: result)}
  end

  def handle_event("theme", %{"theme" => theme}, socket) do
    theme =
      case theme do
        "dark" -> "dark"
        _ -> "light"
      end

    # ok: elixir-atom-exhaustion
    {:noreply, assign(socket, theme: String.to_atom(theme))}
  end
end
