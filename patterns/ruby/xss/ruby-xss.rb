class PagesController < ApplicationController
  def hello
    # ruleid: ruby-xss
    render html: "<h1>Hello #{params[:name]}</h1>".html_safe
  end

  def search
    term = params[:q]
    # ruleid: ruby-xss
    @title = ("Results for <b>" + term + "</b>").html_safe
    # ok: ruby-xss
    @title = ("Results for <b>" + ERB::Util.html_escape(term) + "</b>").html_safe
    # ok: ruby-xss
    @plain = "Results for " + term
  end

  def banner
    color = cookies[:color] || "red"
    style = "<style>h1 { color: %s }</style>" % color
    # ruleid: ruby-xss
    @style = raw(style)
    # ok: ruby-xss
    @rule = raw("<hr>")
    # ok: ruby-xss
    @note = raw(sanitize(params[:note]))
  end

  def page
    # ok: ruby-xss
    render html: params[:text]
    # ok: ruby-xss
    concat(params[:text])
    # ok: ruby-xss
    render plain: params[:text]
    # ok: ruby-xss
    render json: { text: params[:text] }
  end
end

TABLE = { "a" => "first", "b" => "second" }.freeze

def own_values(params)
  # ok: ruby-xss
  params.html_safe
end

def looked_up
  # ok: ruby-xss
  TABLE[params[:key]].html_safe
  # ruleid: ruby-xss
  params[:key].html_safe
end
