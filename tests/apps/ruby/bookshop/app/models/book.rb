class Book < ApplicationRecord
  belongs_to :author
  has_many :order_lines

  scope :available, -> { where("stock > 0") }

  COLUMNS = { "title" => :title, "price" => :price }.freeze

  def self.titled(text)
    # todoruleid: ruby-sql-injection
    where("title LIKE '%#{text}%'")
  end

  def self.newest(count)
    # ok: ruby-sql-injection
    where("created_at > ?", 30.days.ago).limit(count)
  end

  def label
    "#{title} (#{author.name})"
  end
end
