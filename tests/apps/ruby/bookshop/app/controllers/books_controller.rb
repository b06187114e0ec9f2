class BooksController < ApplicationController
  COVERS = Rails.root.join("covers").to_s

  def index
    column = Book::COLUMNS.fetch(params[:sort].to_s, :title)
    # ok: ruby-sql-injection
    @books = Book.available.order(:title)
    @column = column
  end

  def show
    # ok: ruby-sql-injection
    @book = Book.find(params[:id])
    # ok: ruby-xss
    @heading = "<h1>#{ERB::Util.html_escape(params[:from])}</h1>".html_safe
  end

  def search
    filter = "stock > 0"
    filter += " AND title LIKE '%#{params[:title]}%'" if params[:title].present?
    # ruleid: ruby-sql-injection
    @books = Book.where(filter)
    # ok: ruby-sql-injection
    @books = @books.where("price < ?", params[:price]) if params[:price]
    # ok: ruby-sql-injection
    @books = @books.where(language: params[:language])
    if @books.empty?
      # ruleid: ruby-xss
      @message = "Nothing found for <b>#{params[:title]}</b>".html_safe
    else
      # ok: ruby-xss
      @message = "<b>#{@books.count}</b> books".html_safe
    end
    render :index
  end

  def by_year
    year = params[:year].to_i
    # ok: ruby-sql-injection
    @books = Book.where("year = #{year}")
    order = params[:direction] || "ASC"
    # ruleid: ruby-sql-injection
    @books = @books.order("year #{order}")
    render :index
  end

  def titled
    @books = Book.titled(params[:title])
    render :index
  end

  def cover
    name = params[:file]
    # ruleid: ruby-path-traversal
    send_file("#{COVERS}/#{name}", disposition: "inline")
  end

  def thumbnail
    name = File.basename(params[:file].to_s)
    # ok: ruby-path-traversal
    send_file(File.join(COVERS, "small", name), disposition: "inline")
  end
end
