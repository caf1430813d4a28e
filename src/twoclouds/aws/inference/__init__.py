"""Models and endpoints: real-time, serverless, asynchronous."""
