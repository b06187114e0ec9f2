require "erb"

class MailsController < ApplicationController
  def preview
    body = params[:body]
    # ruleid: ruby-template-injection
    @text = ERB.new(body).result(binding)
    # ok: ruby-template-injection
    @text = ERB.new("Hello <%= body %>").result(binding)
  end

  def inline
    # ruleid: ruby-template-injection
    render inline: "<h1>#{params[:title]}</h1>"
  end

  def fixed
    @title = params[:title]
    # ok: ruby-template-injection
    render inline: "<h1><%= @title %></h1>"
  end

  def letter
    template = "Dear <%= @name %>,\n"
    template << params[:text]
    # ok: ruby-template-injection
    greeting = Slim::Template.new("letter.slim")
    case params[:format]
    when "haml"
      # ruleid: ruby-template-injection
      Haml::Engine.new("%p " + params[:text]).render
    else
      greeting.render(self, text: params[:text])
    end
  end
end

TABLE = { "a" => "first", "b" => "second" }.freeze

def own_values(params)
  # ok: ruby-template-injection
  ERB.new(params)
end

def looked_up
  # ok: ruby-template-injection
  ERB.new(TABLE[params[:key]])
  # ruleid: ruby-template-injection
  ERB.new(params[:key])
end
