defmodule ToolsWeb.PingController do
  use ToolsWeb, :controller

  def ping(conn, %{"host" => host}) do
    # ruleid: elixir-command-injection
    {output, 0} = System.cmd("sh", ["-c", "ping -c 1 " <> host])
    text(conn, output)
  end

  def lookup(conn, params) do
    command = "nslookup #{params["host"]}"
    # ruleid: elixir-command-injection
    output = :os.cmd(String.to_charlist(command))
    # ruleid: elixir-command-injection
    System.shell(command)
    text(conn, output)
  end

  def convert(conn, %{"tool" => tool, "file" => file}) do
    # ruleid: elixir-command-injection
    System.cmd(tool, ["in.png", "out.png"])
    # ok: elixir-command-injection
    System.cmd("convert", ["--", file, "out.png"])
    text(conn, "done")
  end

  def uptime(conn, %{"count" => count}) do
    count = String.to_integer(count)
    # ok: elixir-command-injection
    System.shell("ping -c #{count} localhost")
    # ok: elixir-command-injection
    :os.cmd(~c"uptime")

    program =
      case conn.params["family"] do
        "six" -> "ping6"
        _ -> "ping"
      end

    # ok: elixir-command-injection
    System.cmd(program, ["localhost"])
    text(conn, "done")
  end
end

defmodule ToolsWeb.JobLive do
  use ToolsWeb, :live_view

  def handle_event("run", %{"job" => job}, socket) do
    # ruleid: elixir-command-injection
    port = Port.open({:spawn, "worker --job " <> job}, [:binary])
    {:noreply, assign(socket, port: port)}
  end
end
