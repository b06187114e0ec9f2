class SessionsController < ApplicationController
  def create
    # ruleid: ruby-open-redirect
    redirect_to params[:return_to]
  end

  def update
    target = params[:target] || root_path
    if target.present?
      # ruleid: ruby-open-redirect
      redirect_to(target, status: :see_other)
    else
      # ok: ruby-open-redirect
      redirect_to root_path
    end
  end

  def destroy
    # ok: ruby-open-redirect
    redirect_to url_from(params[:return_to]) || root_path
    # ok: ruby-open-redirect
    redirect_to URI.parse(params[:return_to]).path
  end

  def show
    # ok: ruby-open-redirect
    redirect_to action: :index, page: params[:page]
    # ok: ruby-open-redirect
    redirect_to "/pages/#{params[:page].to_i}"
  end
end

class FilesController < ApplicationController
  def show
    # ok: ruby-open-redirect
    redirect_to @file.url(disposition: params[:disposition])
  end

  def update
    # ok: ruby-open-redirect
    redirect_to file_path(params[:id])
    # ok: ruby-open-redirect
    redirect_to main_app.file_url(params[:id], page: params[:page])
    # ruleid: ruby-open-redirect
    redirect_to file_url(params[:id], host: params[:host])
    # ruleid: ruby-open-redirect
    redirect_to file_url(params.permit!)
    # ruleid: ruby-open-redirect
    redirect_to return_path(params[:id])
  end

  def destroy
    # ok: ruby-open-redirect
    redirect_to "/files/#{params[:id]}"
    # ruleid: ruby-open-redirect
    redirect_to "/#{params[:id]}"
    # ok: ruby-open-redirect
    redirect_to request.url
  end
end

get "/out" do
  # ruleid: ruby-open-redirect
  redirect params[:url]
end

get "/back" do
  # ruleid: ruby-open-redirect
  redirect(request.referer, 303)
end

TABLE = { "a" => "first", "b" => "second" }.freeze

def own_values(params)
  # ok: ruby-open-redirect
  redirect_to params
end

def looked_up
  # ok: ruby-open-redirect
  redirect_to TABLE[params[:key]]
  # ruleid: ruby-open-redirect
  redirect_to params[:key]
end
