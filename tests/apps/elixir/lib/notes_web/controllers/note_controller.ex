defmodule NotesWeb.NoteController do
  use NotesWeb, :controller

  import Ecto.Query
  alias Notes.{Note, Repo, Search}

  def index(conn, params) do
    filter =
      case params["tag"] do
        nil -> ""
        tag -> " where tag = '" <> tag <> "'"
      end

    sql = "select * from notes" <> filter
    # ruleid: elixir-sql-injection
    result = Repo.query!(sql)

    order = if params["order"] == "title", do: "title", else: "created"
    # ok: elixir-sql-injection
    sorted = Repo.query!("select * from notes order by #{order}")
    render(conn, :index, notes: result.rows, sorted: sorted.rows)
  end

  def search(conn, %{"q" => term} = params) do
    like = "%#{term}%"
    # ok: elixir-sql-injection
    found = Repo.query!("select * from notes where body like $1", [like])

    limit = String.to_integer(params["limit"] || "20")
    # ok: elixir-sql-injection
    recent = Repo.query!("select * from notes limit #{limit}")

    # ruleid: elixir-sql-injection
    {:ok, titles} = "select * from notes where title like '#{like}'" |> Repo.query([])

    # todoruleid: elixir-sql-injection
    count = Search.count(term)
    render(conn, :search, notes: found.rows, recent: recent.rows, titles: titles.rows, count: count)
  end

  def show(conn, %{"id" => id}) do
    # ok: elixir-sql-injection
    note = Repo.one(from n in Note, where: n.id == ^id)
    render(conn, :show, note: note)
  end

  def columns(conn, %{"columns" => columns}) do
    fields =
      for column <- columns do
        # ruleid: elixir-atom-exhaustion
        String.to_atom(column)
      end

    known = Enum.filter(columns, fn column -> column in ["title", "body"] end)
    # ok: elixir-atom-exhaustion
    existing = Enum.map(known, &String.to_existing_atom/1)
    json(conn, %{fields: fields, existing: existing})
  end
end
