# What Sidekiq's workers do: nothing.
require 'sidekiq'

class Nothing
  include Sidekiq::Worker
  sidekiq_options retry: 5

  def perform(_bytes); end
end
Sidekiq.logger.level = Logger::WARN
