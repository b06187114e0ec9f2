class ReportsController < ApplicationController
  EXPORTS = { "csv" => CsvExport, "pdf" => PdfExport }.freeze

  def calculate
    # ruleid: ruby-code-injection
    @result = eval(params[:formula])
    # ok: ruby-code-injection
    @result = eval("1 + 1")
    # ok: ruby-code-injection
    @values = JSON.parse(params[:values])
  end

  def export
    format = params[:format]
    # ruleid: ruby-code-injection
    exporter = "#{format.capitalize}Export".constantize.new
    # ok: ruby-code-injection
    exporter = EXPORTS.fetch(format).new
    exporter.run
  end

  def update
    report = Report.find(params[:id])
    # ruleid: ruby-code-injection
    report.send(params[:action_name], 1)
    # ok: ruby-code-injection
    report.send(:archive, params[:action_name])
    # ok: ruby-code-injection
    report.public_send("page_#{params[:page].to_i}")
  end

  def plugin
    name = params[:plugin]
    code = "Plugins." + name + ".run"
    # ruleid: ruby-code-injection
    binding.eval(code)
    # ruleid: ruby-code-injection
    Object.const_get(name).new
  end
end

TABLE = { "a" => "first", "b" => "second" }.freeze

def own_values(params)
  # ok: ruby-code-injection
  eval(params)
end

def looked_up
  # ok: ruby-code-injection
  eval(TABLE[params[:key]])
  # ruleid: ruby-code-injection
  eval(params[:key])
end
