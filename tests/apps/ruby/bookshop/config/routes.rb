Rails.application.routes.draw do
  root "books#index"

  resources :books, only: %i[index show] do
    get :search, on: :collection
    get :cover, on: :member
  end
  resources :orders, only: %i[index create show]
  get "cart", to: "orders#cart"
  get "login", to: "sessions#new"
  post "login", to: "sessions#create"
  delete "logout", to: "sessions#destroy"

  namespace :office do
    get "reports/:name", to: "reports#show"
    post "reports", to: "reports#create"
    resources :files, only: %i[index show create destroy]
    post "integrations/:name", to: "integrations#call"
    get "integrations/preview", to: "integrations#preview"
  end
end
