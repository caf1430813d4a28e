"""Amazon SageMaker AI as its wire shows it: a module per noun. moto answers what is not SageMaker or its logs."""
