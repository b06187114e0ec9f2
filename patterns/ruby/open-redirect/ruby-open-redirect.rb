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

get "/out" do
  # ruleid: ruby-open-redirect
  redirect params[:url]
end

get "/back" do
  # ruleid: ruby-open-redirect
  redirect(request.referer, 303)
end
