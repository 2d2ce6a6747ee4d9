# What a first Dockerfile looks like: one stage, everything in it. Kept to be measured, not to be run:
#   lading size frontend --compare-dockerfile naive/frontend.Dockerfile --context frontend
FROM node:24-slim
WORKDIR /app
COPY . .
RUN npm ci
RUN npm run build
EXPOSE 3000
CMD ["npm", "start"]
