require "net/http"

module Office
  class IntegrationsController < ApplicationController
    before_action :staff_only

    HOOKS = { "chat" => "https://chat.example.com/hook" }.freeze

    def call
      payload = params[:payload].to_s
      # ok: ruby-ssrf
      answer = Net::HTTP.post(URI("https://chat.example.com/hook"), payload)
      render plain: answer.code
    end

    def preview
      url = params[:url]
      url = "https://#{url}" unless url.start_with?("http")
      # ruleid: ruby-ssrf
      page = Net::HTTP.get(URI.parse(url))
      # ok: ruby-ssrf
      icon = HTTParty.get("https://icons.example.com/icon", query: { url: url })
      render json: { title: page[/<title>(.*)<\/title>/, 1], icon: icon.body }
    end

    def page
      number = params[:number].to_i
      # ok: ruby-ssrf
      body = HTTParty.get("https://catalogue.example.com/pages/#{number}").body
      # ok: ruby-xss
      render plain: body
    end
  end
end
