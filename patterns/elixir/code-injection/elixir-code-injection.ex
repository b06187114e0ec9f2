defmodule CalcWeb.FormulaController do
  use CalcWeb, :controller

  def evaluate(conn, %{"formula" => formula}) do
    # ruleid: elixir-code-injection
    {result, _} = Code.eval_string(formula)
    json(conn, %{result: result})
  end

  def mail(conn, params) do
    template = "Dear <%= name %>, " <> params["text"]
    # ruleid: elixir-code-injection
    text(conn, EEx.eval_string(template, name: "you"))
  end

  def check(conn, %{"formula" => formula}) do
    # ruleid: elixir-code-injection
    with {:ok, quoted} <- Code.string_to_quoted(formula) do
      json(conn, %{size: Macro.to_string(quoted) |> String.length()})
    end
  end

  def safe(conn, %{"name" => name, "factor" => factor}) do
    # ok: elixir-code-injection
    text(conn, EEx.eval_string("Dear <%= name %>", name: name))
    factor = String.to_integer(factor)
    # ok: elixir-code-injection
    {result, _} = Code.eval_string("2 * #{factor}")

    operation =
      case conn.params["operation"] do
        "add" -> "1 + 1"
        _ -> "1 - 1"
      end

    # ok: elixir-code-injection
    Code.eval_string(operation)
    json(conn, %{result: result})
  end
end
