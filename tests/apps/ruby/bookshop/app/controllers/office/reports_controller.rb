module Office
  class ReportsController < ApplicationController
    before_action :staff_only

    REPORTS = { "sales" => SalesReport, "stock" => StockReport }.freeze

    def show
      name = params[:name]
      # ok: ruby-code-injection
      report = REPORTS.fetch(name).new
      case params[:style]
      when "text"
        # ok: ruby-template-injection
        @text = ERB.new("Total: <%= report.total %>").result(binding)
      when "own"
        # ruleid: ruby-template-injection
        @text = ERB.new(params[:template]).result(binding)
      else
        # ruleid: ruby-code-injection
        @text = report.public_send(params[:style])
      end
    end

    def create
      definition = params[:definition]
      # ruleid: ruby-unsafe-deserialization, ruby-yaml-load
      settings = YAML.load(definition)
      # ok: ruby-unsafe-deserialization
      settings = YAML.safe_load(definition) if settings.nil?
      columns = settings.fetch("columns", %w[title])
      # ok: ruby-code-injection
      rows = Book.all.map { |book| columns.map { |_| book.send(:title) } }
      render json: rows
    end
  end
end
