require "base64"

class OrdersController < ApplicationController
  STATES = %w[open paid sent].freeze

  def index
    state = params[:state]
    state = "open" unless STATES.include?(state)
    # ok: ruby-sql-injection
    @orders = Order.where(customer: customer, state: state)
  end

  def show
    # ok: ruby-sql-injection
    @order = Order.find_by(id: params[:id], customer: customer)
    head :not_found if @order.nil?
  end

  def cart
    saved = cookies[:cart]
    @lines =
      if saved.nil?
        []
      else
        # ruleid: ruby-unsafe-deserialization
        Marshal.load(Base64.urlsafe_decode64(saved))
      end
    # ok: ruby-unsafe-deserialization
    @wishes = JSON.parse(cookies[:wishes] || "[]")
  end

  def create
    order = Order.new(customer: customer, state: "open")
    note = params[:note].to_s.strip
    begin
      order.save!
      sql = <<~SQL
        INSERT INTO notes (order_id, text)
        VALUES (#{order.id}, '#{note}')
      SQL
      # ruleid: ruby-sql-injection
      ActiveRecord::Base.connection.execute(sql)
    rescue ActiveRecord::RecordInvalid => e
      logger.warn(e.message)
    end
    # ok: ruby-open-redirect
    redirect_to order_path(order)
  end
end
