class ApplicationController < ActionController::Base
  protect_from_forgery with: :exception

  private

  def customer
    @customer ||= Customer.find_by(id: session[:customer])
  end

  def staff_only
    head :forbidden unless customer&.staff?
  end
end
