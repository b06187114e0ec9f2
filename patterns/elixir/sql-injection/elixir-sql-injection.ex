defmodule ShopWeb.OrderController do
  use ShopWeb, :controller

  import Ecto.Query
  alias Shop.{Order, Repo}

  def show(conn, %{"id" => id}) do
    # ruleid: elixir-sql-injection
    order = Repo.query!("select * from orders where id = '#{id}'")
    render(conn, :show, order: order)
  end

  def index(conn, params) do
    filter =
      if params["state"] do
        " where state = '" <> params["state"] <> "'"
      else
        ""
      end

    sql = "select * from orders" <> filter
    # ruleid: elixir-sql-injection
    {:ok, result} = Ecto.Adapters.SQL.query(Repo, sql, [])
    render(conn, :index, orders: result.rows)
  end

  def search(conn, %{"q" => term} = params) do
    # ruleid: elixir-sql-injection
    "select * from products where name like '%#{term}%'" |> Repo.query!()

    case params do
      %{"sort" => column} ->
        # ruleid: elixir-sql-injection
        Repo.query("select * from products order by #{column}", [])

      _ ->
        # ok: elixir-sql-injection
        Repo.query("select * from products order by name", [])
    end
  end

  def safe(conn, %{"id" => id, "sort" => sort}) do
    # ok: elixir-sql-injection
    Repo.query!("select * from orders where id = $1", [id])

    number = String.to_integer(id)
    # ok: elixir-sql-injection
    Repo.query!("select * from orders where number = #{number}")

    column = if sort == "price", do: "price", else: "name"
    # ok: elixir-sql-injection
    Repo.query!("select * from orders order by #{column}")

    # ok: elixir-sql-injection
    orders = Repo.all(from o in Order, where: o.id == ^id)
    render(conn, :index, orders: orders)
  end
end
