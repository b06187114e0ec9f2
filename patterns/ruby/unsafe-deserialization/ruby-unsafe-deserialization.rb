require "base64"
require "yaml"

class CartsController < ApplicationController
  def show
    cookie = cookies[:cart]
    # ruleid: ruby-unsafe-deserialization
    @cart = Marshal.load(Base64.decode64(cookie)) if cookie
    # ok: ruby-unsafe-deserialization
    @cart = JSON.parse(Base64.decode64(cookie)) if cookie
  end

  def import
    text = request.body.read
    # ruleid: ruby-unsafe-deserialization
    settings = YAML.load(text)
    # ok: ruby-unsafe-deserialization
    settings = YAML.safe_load(text)
    # ok: ruby-unsafe-deserialization
    defaults = YAML.load(File.read("config/defaults.yml"))
    # ruleid: ruby-unsafe-deserialization
    Oj.load(params[:options], mode: :object)
    # ok: ruby-unsafe-deserialization
    Oj.load(params[:options], mode: :strict)
    render json: defaults.merge(settings)
  end

  def cached
    # ok: ruby-unsafe-deserialization
    @cart = Marshal.load(Rails.cache.read("cart"))
  end
end

TABLE = { "a" => "first", "b" => "second" }.freeze

def own_values(params)
  # ok: ruby-unsafe-deserialization
  Marshal.load(params)
end

def looked_up
  # ok: ruby-unsafe-deserialization
  Marshal.load(TABLE[params[:key]])
  # ruleid: ruby-unsafe-deserialization
  Marshal.load(params[:key])
end
