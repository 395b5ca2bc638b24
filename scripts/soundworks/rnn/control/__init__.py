"""Control of a trained network: courses of parameters, conditioning arrays, gestures, and the sounds made with them."""
