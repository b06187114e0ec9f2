#!/usr/bin/env ruby
# frozen_string_literal: true
require 'open3'
require_relative "x"
LIMIT = 10
COMMAND = "ls " + '-l'
TEXT = <<~ONE + <<-'TWO'
  one #{COMMAND} #{[1, "#{x}"]}
ONE
  two #{not}
  TWO
WORDS = %w[a b], %i[c d], %q(e (f)), %Q{g #{LIMIT}}
system(<<CMD)
echo #{params[:x]}
CMD
x = 1
module A::B
  class C < D::E
    include F
    attr_accessor :x, :y
    LIMIT = 3
    before_action :check, only: [:show]
    def show(a, b = 1, *c, d:, e: 2, **f, &g)
      id = params[:id]
      User.where("id = #{id}") # nosemgrep
      `ls #{id}`
      a&.b ||= id
      [1, 2].each do |i; j| system("echo", i) end
      c.map { |k, (l, m)| eval(k) } unless id
      return redirect_to(id) if id =~ /x#{id}/i
      case id
      when String, /a/ then eval id
      in { name: String => n, age: 1.. } if n then send(n)
      else raise ArgumentError, "no"
      end
    rescue E1, E2 => e
      retry
    ensure
      yield(id)
    end
    def self.f = eval(@x)
    class << self
      private def g() super; end
    end
    p(->(z) { eval(z) }, :"a b", ?x, 1r, 0x1f)
    while x do x += 1 end
    begin; x; end until y
    alias old new
  end
end
puts [*a, **b], a ? b : c
BEGIN { x }
__END__
data <<EOS
