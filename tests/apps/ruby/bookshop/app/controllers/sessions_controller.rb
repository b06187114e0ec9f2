class SessionsController < ApplicationController
  TARGETS = { "cart" => "/cart", "orders" => "/orders" }.freeze

  def new
    @target = params[:target]
  end

  def create
    person = Customer.find_by(login: params[:login])
    if person&.authenticate(params[:password])
      session[:customer] = person.id
      target = params[:return_to]
      target = "/" if target.blank?
      # ruleid: ruby-open-redirect
      redirect_to target
    else
      # ok: ruby-open-redirect
      redirect_to login_path, alert: "Wrong name or password"
    end
  end

  def destroy
    reset_session
    # ok: ruby-open-redirect
    redirect_to(url_from(params[:return_to]) || "/")
  end
end
