# Pushes jobs in bulk; prints when the first one left.
require_relative 'sidekiq_work'

left = ARGV.fetch(0).to_i
Sidekiq.redis(&:ping)
puts Process.clock_gettime(Process::CLOCK_MONOTONIC)
while left.positive?
  count = [left, 1000].min
  Sidekiq::Client.push_bulk('class' => Nothing, 'args' => [['x' * 100]] * count)
  left -= count
end
