defmodule Notes.Search do
  @moduledoc "Queries that several pages share."

  alias Notes.Repo

  def count(term) do
    Repo.query!("select count(*) from notes where body like '%" <> term <> "%'")
  end

  def recent(limit) when is_integer(limit) do
    # ok: elixir-sql-injection
    Repo.query!("select * from notes limit $1", [limit])
  end
end
