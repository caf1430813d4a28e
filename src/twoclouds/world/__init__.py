"""What every cloud stands on: time, machines, quotas, storage, images, runs, money. It knows no vendor."""
