require "open3"
require "shellwords"

class ToolsController < ApplicationController
  def ping
    host = params[:host]
    # ruleid: ruby-command-injection
    system("ping -c 1 #{host}")
    # ok: ruby-command-injection
    system("ping", "-c", "1", "--", host)
    # ok: ruby-command-injection
    system("ping -c 1 #{Shellwords.escape(host)}")
    head :ok
  end

  def log
    count = params[:count].to_i
    # ok: ruby-command-injection
    @lines = `tail -n #{count} log/production.log`
    # ruleid: ruby-command-injection
    @lines = `tail -n 10 log/#{params[:name]}.log`
  end

  def thumbnail
    command = ["convert", params[:file], "thumb.png"].join(" ")
    begin
      # ruleid: ruby-command-injection
      output, status = Open3.capture2e(command)
    rescue SystemCallError => e
      logger.warn(e.message)
    end
    # ok: ruby-command-injection
    Open3.capture2e("convert", params[:file], "thumb.png")
    render plain: output
  end

  def archive
    name = params[:name]
    if name.present?
      # ruleid: ruby-command-injection
      IO.popen("tar czf #{name}.tgz public") { |io| io.read }
    end
    # ok: ruby-command-injection
    IO.popen(["tar", "czf", name, "public"]) { |io| io.read }
  end
end

get "/whois/:domain" do
  # ruleid: ruby-command-injection
  %x(whois #{params[:domain]})
end

get "/uptime" do
  # ok: ruby-command-injection
  `uptime`
end

TABLE = { "a" => "first", "b" => "second" }.freeze

def own_values(params)
  # ok: ruby-command-injection
  system("ls " + params)
end

def looked_up
  # ok: ruby-command-injection
  system("ls " + TABLE[params[:key]])
  # ruleid: ruby-command-injection
  system("ls " + params[:key])
end
