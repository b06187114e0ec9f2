class OrdersController < ApplicationController
  def index
    # ruleid: ruby-sql-injection
    @orders = Order.where("state = '#{params[:state]}'")
    # ok: ruby-sql-injection
    @orders = Order.where("state = ?", params[:state])
    # ok: ruby-sql-injection
    @orders = Order.where(state: params[:state])
    # ok: ruby-sql-injection
    @orders = Order.where({ state: params[:state] })
  end

  def filtered
    # ok: ruby-sql-injection
    @orders = Order.where(params.permit(:state, :customer))
    # ok: ruby-sql-injection
    @orders = Order.where.not(params.require(:order).permit(:state))
    # ruleid: ruby-sql-injection
    @orders = Order.where("state = '#{params.permit(:state)[:state]}'")
    # ruleid: ruby-sql-injection
    @orders = Order.having(params[:having])
  end

  def search
    term = params[:q]
    conditions = "deleted = 0"
    conditions += " AND title LIKE '%" + term + "%'" if term.present?
    # ruleid: ruby-sql-injection
    @orders = Order.where(conditions).order(:id)
  end

  def sorted
    column = params.fetch(:sort, "id")
    # ruleid: ruby-sql-injection
    @orders = Order.order("#{column} DESC")
    # ok: ruby-sql-injection
    @orders = Order.order(created_at: :desc)
  end

  def report
    sql = <<~SQL
      SELECT count(*) FROM orders
      WHERE customer = '#{params[:customer]}'
    SQL
    # ruleid: ruby-sql-injection
    rows = ActiveRecord::Base.connection.execute(sql)
    safe = <<~SQL
      SELECT count(*) FROM orders
      WHERE customer = #{params[:customer].to_i}
    SQL
    # ok: ruby-sql-injection
    rows += ActiveRecord::Base.connection.execute(safe)
    render json: rows
  end

  def quoted
    name = ActiveRecord::Base.connection.quote(cookies[:name])
    # ok: ruby-sql-injection
    Order.find_by_sql("SELECT * FROM orders WHERE name = " + name)
    # ruleid: ruby-sql-injection
    Order.find_by_sql("SELECT * FROM orders WHERE name = '" + cookies[:name] + "'")
  end
end

get "/users/:id" do
  db = SQLite3::Database.new("users.db")
  # ruleid: ruby-sql-injection
  db.execute("SELECT * FROM users WHERE id = %s" % params["id"])
  # ok: ruby-sql-injection
  db.execute("SELECT * FROM users WHERE id = ?", [params["id"]])
end

post "/sessions" do
  conn = PG.connect(dbname: "app")
  agent = request.user_agent
  # ruleid: ruby-sql-injection
  conn.exec("INSERT INTO sessions (agent) VALUES ('#{agent}')")
  # ok: ruby-sql-injection
  conn.exec_params("INSERT INTO sessions (agent) VALUES ($1)", [agent])
end

class Statement
  def run(params, connection)
    # ok: ruby-sql-injection
    connection.execute(template.bind(params))
  end

  def run_all(connection)
    params = template.defaults
    # ok: ruby-sql-injection
    connection.execute("SELECT * FROM " + params)
  end

  def run_sorted(connection)
    columns = { "name" => "lower(name)", "age" => "born" }
    # ok: ruby-sql-injection
    connection.execute("SELECT * FROM users ORDER BY " + columns[params[:sort]])
  end
end
