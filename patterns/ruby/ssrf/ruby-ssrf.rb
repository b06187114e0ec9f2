require "net/http"
require "open-uri"

class PreviewsController < ApplicationController
  FEEDS = { "news" => "https://example.com/news.xml" }.freeze

  def show
    url = params[:url]
    # ruleid: ruby-ssrf
    @page = Net::HTTP.get(URI.parse(url))
    # ok: ruby-ssrf
    @page = Net::HTTP.get(URI.parse("https://example.com/"))
    # ruleid: ruby-ssrf
    @title = URI.open(url).read[/<title>(.*)<\/title>/, 1]
  end

  def weather
    host = params.require(:host)
    address = "https://#{host}/weather.json"
    # ruleid: ruby-ssrf
    response = HTTParty.get(address, timeout: 5)
    # ok: ruby-ssrf
    response = HTTParty.get("https://example.com/weather.json", query: { city: params[:city] })
    render json: response.body
  end

  def feed
    page = params[:page].to_i
    # ok: ruby-ssrf
    render xml: Faraday.get("https://example.com/feed/#{page}").body
  end
end

post "/hooks" do
  # ruleid: ruby-ssrf
  RestClient.post(params["callback"], { done: true }.to_json)
  # ok: ruby-ssrf
  RestClient.post("https://example.com/hooks", params["payload"])
end

TABLE = { "a" => "first", "b" => "second" }.freeze

def own_values(params)
  # ok: ruby-ssrf
  Net::HTTP.get(URI(params))
end

def looked_up
  # ok: ruby-ssrf
  Net::HTTP.get(URI(TABLE[params[:key]]))
  # ruleid: ruby-ssrf
  Net::HTTP.get(URI(params[:key]))
end
