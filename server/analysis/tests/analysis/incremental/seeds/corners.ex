defmodule App.Web.Corners do
  @moduledoc """
  Text #{inspect(1)}
  """
  use App.Web, :controller
  import Ecto.Query, only: [from: 2]
  alias App.{Repo, User}
  alias App.Accounts.User, as: U
  require Logger

  @limit 10
  @command "ls " <> "-l"
  defstruct name: nil, age: 0

  @spec show(map, keyword) :: term
  def show(conn, %{"id" => id} = params) when is_binary(id) and id != "" do
    Repo.query("select * from t where id = #{id}") # nosemgrep
    System.cmd("sh", ["-c", @command <> id])
    name = params["name"]
    with {:ok, user} <- U.get(id), %U{name: ^name} <- user do
      conn |> put_resp_content_type("text/html") |> send_resp(200, "<p>" <> name)
    else
      :error -> raise "no"
      _ -> Code.eval_string(name)
    end
    case name do
      <<a::8, rest::binary>> when a > 1 -> rest
      [h | t] -> Enum.map(t, &String.to_atom(&1))
      x -> fn y -> x.(y) end
    end
    cond do
      true -> if(id, do: 1, else: 2)
    end
    for x <- 1..10//2, x > 1, into: %{}, do: {x, ~s(a #{x})}
    try do
      ~r/x#{id}/i
    rescue
      e in [ArgumentError] -> reraise e, __STACKTRACE__
    catch
      :exit, _ -> :ok
    after
      send(self(), {:a, 'chars', ?x, 0xFF, 1.0e-3})
    end
  end

  defp raw(text), do: Phoenix.HTML.raw(text)
  defmacro m(x) do
    quote do: unquote(x) + 1
  end
  def f(a \\ nil, opts \\ []) do
    receive do
      {:x, y} -> String.to_atom(y)
    after 10 -> %{opts | a: a, "b" => 1}
    end
    fn -> unless a, do: a end
  end
  def page(assigns) do
    ~H"""
    <%!-- nosec --%>
    <p class={@a} onclick="f('é')">é {raw(@b)}</p>
    <%= for x <- @xs do %><b>{x}</b><% end %>
    <script>
      g("<%= @c %>"); eval(h)
    </script>
    """
    ~H"<i>{f(assigns)}</i>" |> m()
  end
end
