class Order < ApplicationRecord
  has_many :order_lines
  belongs_to :customer

  def total
    order_lines.sum { |line| line.price * line.count }
  end
end
